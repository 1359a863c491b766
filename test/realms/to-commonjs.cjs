// As much of a compiler as cases.js needs.
module.exports = {
  process: (text) => ({ code: text.replace('export default function', 'module.exports = function') }),
};
