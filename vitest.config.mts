import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The model and crash tests run for seconds, and several times longer under sanitizers.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
