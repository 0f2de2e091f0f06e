const { rmSync } = require('node:fs');

module.exports = () => rmSync(process.env.TESTS_TMPDIR, { recursive: true, force: true });
