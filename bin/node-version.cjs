// A sentence if this Node is older than package.json requires, otherwise null. Any Node reads this file.
'use strict';
var required = require('../package.json').engines.node.replace('>=', '');
var current = process.versions.node;

function isOlder(one, other) {
  var numbers = one.split('.').map(Number);
  var others = other.split('.').map(Number);
  return numbers[0] < others[0] || (numbers[0] === others[0] && numbers[1] < others[1]);
}

module.exports = isOlder(current, required)
  ? 'Stepgate needs Node ' + required + ' or newer, but this is Node ' + current + '.'
  : null;
