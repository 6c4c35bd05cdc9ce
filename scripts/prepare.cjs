// `npm ci` runs this. It builds the run page where Vite and a new enough Node are installed, and does nothing elsewhere.
'use strict';
var spawnSync = require('child_process').spawnSync;
var path = require('path');

var version = process.versions.node.split('.').map(Number);
var isNewEnough = version[0] > 24 || (version[0] === 24 && version[1] >= 9);

function hasVite() {
  try {
    require.resolve('vite/package.json');
    return true;
  } catch (error) {
    return false;
  }
}

if (isNewEnough && hasVite()) {
  process.exitCode = spawnSync(process.execPath, [path.join(__dirname, 'build-page.ts')], { stdio: 'inherit' }).status;
}
