module.exports = require('voronode/faiss-node');
