#!/usr/bin/env node
// Runs under any Node, so it keeps to syntax that every Node reads.
'use strict';
var path = require('path');
var url = require('url');
var problem = require('./node-version.cjs');

if (problem === null) {
  import(url.pathToFileURL(path.join(__dirname, '..', 'dist', 'main.js')).href);
} else {
  console.error(problem + ' Install Node 24, or run "npx --package=node@24 --package=stepgate stepgate".');
  process.exitCode = 1;
}
