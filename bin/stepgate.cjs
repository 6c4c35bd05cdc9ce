#!/usr/bin/env node
// Runs under whatever Node is there, so it keeps to syntax that every Node reads.
'use strict';
var path = require('path');
var spawn = require('child_process').spawn;

var MAIN = path.join(__dirname, '..', 'dist', 'main.js');

function isNewEnough(version) {
  var numbers = version.split('.').map(Number);
  return numbers[0] > 24 || (numbers[0] === 24 && numbers[1] >= 9);
}

/** Node 24 of the optional packages; null if npm did not install the one for this machine. */
function findNode() {
  var name = 'node-' + (process.platform === 'win32' ? 'win' : process.platform) + '-' + process.arch;
  try {
    var folder = path.dirname(require.resolve(name + '/package.json'));
    return path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch (error) {
    return null;
  }
}

function runUnder(node) {
  var child = spawn(node, [MAIN].concat(process.argv.slice(2)), { stdio: 'inherit' });
  ['SIGTERM', 'SIGINT', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  child.on('error', function (error) {
    console.error('Stepgate could not start ' + node + ': ' + error.message);
    process.exitCode = 1;
  });
  child.on('close', function (code) {
    process.exitCode = code === null ? 1 : code;
  });
}

if (isNewEnough(process.versions.node)) {
  import(require('url').pathToFileURL(MAIN).href);
} else {
  var node = findNode();
  if (node !== null) {
    runUnder(node);
  } else {
    console.error(
      'Stepgate needs Node 24.9 or newer, but this is Node ' +
        process.versions.node +
        '. Install Node 24, or Stepgate with its optional packages, which bring Node 24 along on Linux and Windows.',
    );
    process.exitCode = 1;
  }
}
