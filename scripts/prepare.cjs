// `npm ci` runs this script. It builds the run page and installs the git hook, but not on an older Node.
'use strict';
var spawnSync = require('child_process').spawnSync;
var fs = require('fs');
var path = require('path');

var version = process.versions.node.split('.').map(Number);
var isNewEnough = version[0] > 24 || (version[0] === 24 && version[1] >= 9);
var root = path.join(__dirname, '..');
var hooks = path.join(root, 'node_modules', 'simple-git-hooks', 'cli.js');

function run(script) {
  process.exitCode = spawnSync(process.execPath, [script], { stdio: 'inherit', cwd: root }).status || process.exitCode;
}

if (isNewEnough) {
  run(path.join(__dirname, 'build-page.ts'));
  if (!process.env.CI && fs.existsSync(hooks) && fs.existsSync(path.join(root, '.git'))) run(hooks);
}
