// Spans and histograms of searches for OpenTelemetry.
//
//   node examples/opentelemetry.mjs
//
// support/telemetry.mjs has what an application copies. Here the SDK keeps in memory what it is told; a service exports it.

import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { IndexFlatL2 } from 'voronode';
import { run } from './support/input.mjs';
import { milliseconds, table } from './support/print.mjs';
import { instrument } from './support/telemetry.mjs';

const [N, D, CALLERS] = [50_000, 64, 24];

async function main() {
  const { tracer, meter, finished } = sdk();
  const names = new WeakMap();
  const stop = instrument(tracer, meter, (index) => names.get(index));

  const index = new IndexFlatL2(D);
  names.set(index, 'products');
  await index.add(random(N * D));
  // As many requests at once, each with a span of its own, of which that of its search is a child.
  await Promise.all(Array.from({ length: CALLERS }, () => request(tracer, () => index.search(random(D), 10))));
  await request(tracer, () => index.search(new Float32Array(D).fill(Number.NaN), 10)).catch(() => undefined);
  stop();

  const { spans, metrics } = await finished();
  printSpans(spans);
  printHistograms(metrics);
}

function sdk() {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const spans = new InMemorySpanExporter();
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 60_000 });
  const meters = new MeterProvider({ readers: [reader] });
  const finished = async () => {
    await meters.forceFlush();
    const found = { spans: spans.getFinishedSpans(), metrics: metrics.getMetrics().slice(-1) };
    await Promise.all([meters.shutdown(), tracers.shutdown()]);
    return found;
  };
  return { tracer: tracers.getTracer('example'), meter: meters.getMeter('example'), finished };
}

/** What a framework's own instrumentation does for each request. */
async function request(tracer, work) {
  const span = tracer.startSpan('request');
  try {
    return await context.with(trace.setSpan(context.active(), span), work);
  } finally {
    span.end();
  }
}

function printSpans(spans) {
  const parents = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  const rows = spans
    .filter(({ name }) => name.startsWith('voronode '))
    .map((span) => {
      const told = span.attributes;
      const times = [told['voronode.queuedMs'], told['voronode.runMs']].map(milliseconds);
      const parent = parents.get(span.parentSpanContext?.spanId) ?? '';
      const outcome = span.status.message ?? `${told['voronode.index']}, ${told['voronode.kind']}`;
      return [span.name, parent, ...times, String(told['voronode.merged']), outcome];
    });
  console.log(`${rows.length} spans, the first and the last:`);
  table(['span', 'in', '>queued', '>run', '>merged', ''], [...rows.slice(0, 4), rows.at(-1)]);
}

function printHistograms(exports) {
  const metrics = exports.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const rows = metrics.flatMap(({ descriptor, dataPoints }) =>
    dataPoints.map(({ attributes, value }) => [
      descriptor.name,
      String(value.count),
      milliseconds((1000 * value.sum) / value.count),
      [attributes['voronode.method'], attributes['error.type']].filter(Boolean).join(', '),
    ]),
  );
  console.log('\nHistograms:');
  table(['name', '>calls', '>mean', 'of'], rows);
}

function random(n) {
  return Float32Array.from({ length: n }, Math.random);
}

await run(main);
