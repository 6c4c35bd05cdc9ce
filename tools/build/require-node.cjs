// Runs before the npm scripts on any Node, so its syntax must be readable by each Node.
'use strict';
var problem = require('../../bin/node-version.cjs');

if (problem !== null) {
  console.error(
    problem + ' Run "npm ci" (on Linux and Windows it installs Node 24 for the npm scripts), or install Node 24.',
  );
  process.exit(1);
}
