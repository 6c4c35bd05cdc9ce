// `node tools/build/require-node.cjs [program]` runs a program, or only checks Node. Each Node must be able to read this file.
'use strict';
var path = require('path');
var url = require('url');
var problem = require('../../bin/node-version.cjs');

if (problem !== null) {
  console.error(
    problem + ' Run "npm ci" (on Linux and Windows it installs Node 24 for the npm scripts), or install Node 24.',
  );
  process.exit(1);
}
process.argv.splice(1, 1);
if (process.argv[1] !== undefined) import(url.pathToFileURL(path.resolve(process.argv[1])).href);
