#!/usr/bin/env node
// Runs under any Node, so it keeps to syntax that every Node reads.
'use strict';
var path = require('path');
var url = require('url');

var version = process.versions.node.split('.').map(Number);
var main = path.join(__dirname, '..', 'dist', 'main.js');

if (version[0] > 24 || (version[0] === 24 && version[1] >= 9)) {
  import(url.pathToFileURL(main).href);
} else {
  console.error(
    'Stepgate needs Node 24.9 or newer, but this is Node ' +
      process.versions.node +
      '. Install Node 24, or run "npx --package=node@24 --package=stepgate stepgate".',
  );
  process.exitCode = 1;
}
