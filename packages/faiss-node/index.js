module.exports = require('voronode/faiss-node');
module.exports.default = module.exports; // as it is there already, for tools that read only this file
