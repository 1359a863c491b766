import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Vitest leaves a core free, which on two is half of them.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // The model and crash tests run for seconds, and several times longer under sanitizers.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
