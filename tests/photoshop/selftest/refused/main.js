const a = require('./other');
const b = require('crypto');
new Worker('x'); new TextEncoder(); eval('1'); // drawImage in a comment is no fault
context.drawImage(a, 0, 0);
element.dataset.id = 1; element.addEventListener('keypress', b);
