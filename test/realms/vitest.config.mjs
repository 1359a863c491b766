// The pool and the environment are given on the command line: scripts/realms.mjs
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['realms.test.mjs'], globals: true } });
