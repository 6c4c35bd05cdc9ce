#!/usr/bin/env node
// Runs under any Node, so it keeps to syntax that every Node reads.
'use strict';
var path = require('path');
var url = require('url');

// As in the Dockerfile. A heap may grow to 128 MB, and above that by 30 % before it is collected: some 200 MB less.
// Node reads the flags only when it starts.
var FLAGS = [
  '--max-semi-space-size=8',
  '--no-allocation-site-pretenuring',
  '--heap-growing-percent=30',
  '--initial-old-space-size=128',
  '--no-compilation-cache',
];
var version = process.versions.node.split('.').map(Number);
var main = path.join(__dirname, '..', 'dist', 'main.js');

if (version[0] > 24 || (version[0] === 24 && version[1] >= 9)) {
  if (process.execve && process.platform !== 'win32') {
    // The same process with the flags: its id, signals and streams stay. What the caller sets wins.
    var words = [process.execPath].concat(FLAGS, process.execArgv, main, process.argv.slice(2));
    process.execve(process.execPath, words, Object.assign({ MALLOC_MMAP_THRESHOLD_: '32768' }, process.env));
  } else {
    import(url.pathToFileURL(main).href);
  }
} else {
  console.error(
    'Stepgate needs Node 24.9 or newer, but this is Node ' +
      process.versions.node +
      '. Install Node 24, or run "npx --package=node@24 --package=stepgate stepgate".',
  );
  process.exitCode = 1;
}
