// Spans and histograms of the calls of voronode, by its TracingChannels. To copy: it needs @opentelemetry/api alone, as a
// library does; the application chooses the SDK.

import { tracingChannel } from 'node:diagnostics_channel';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';

const CHANNELS = ['search', 'add', 'remove', 'train', 'save', 'load'];

/** Seconds: a search takes microseconds to milliseconds, more where it waits. */
const BOUNDARIES = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * From now on each call makes a span, a child of the one that is active when it comes, and is counted.
 * @param nameOf what to call an index: the objects of one kind cannot be told from each other otherwise
 * @returns a function that ends it
 */
export function instrument(tracer, meter, nameOf = () => undefined) {
  const advice = { explicitBucketBoundaries: BOUNDARIES };
  const durations = meter.createHistogram('voronode.duration', { unit: 's', advice, description: 'of calls' });
  const waits = meter.createHistogram('voronode.queued', { unit: 's', advice, description: 'until a call runs' });
  const open = new WeakMap(); // calls under way

  const begin = (call) => {
    const name = call.index && nameOf(call.index);
    const attributes = { ...attributesOf(call), ...(name && { 'voronode.index': name }) };
    const span = tracer.startSpan(`voronode ${call.method}`, { kind: SpanKind.INTERNAL, attributes });
    open.set(call, { span, name, began: performance.now() });
  };

  const finish = (call) => {
    const { span, name, began } = open.get(call) ?? {};
    if (span === undefined) return; // it came before we listened
    open.delete(call);
    span.setAttributes(attributesOf(call));
    if (call.error !== undefined) fail(span, call.error);
    span.end();
    const labels = { 'voronode.method': call.method, ...(name && { 'voronode.index': name }) };
    if (call.error !== undefined) labels['error.type'] = String(call.error?.code ?? call.error?.name);
    durations.record((performance.now() - began) / 1000, labels);
    if (call.queuedMs !== undefined) waits.record(call.queuedMs / 1000, labels);
  };

  // A call in place is over at its end, a promise at its asyncEnd.
  const listeners = { start: begin, end: (call) => call.method.endsWith('Sync') && finish(call), asyncEnd: finish };
  const channels = CHANNELS.map((name) => tracingChannel(`voronode:${name}`));
  for (const channel of channels) channel.subscribe(listeners);
  return () => {
    for (const channel of channels) channel.unsubscribe(listeners);
  };
}

/** All numbers and strings that a call tells, as `voronode.nq` and so on. */
function attributesOf(call) {
  const told = Object.entries(call).filter(([, value]) => typeof value === 'number' || typeof value === 'string');
  return Object.fromEntries(told.map(([name, value]) => [`voronode.${name}`, value]));
}

function fail(span, error) {
  span.recordException(error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error?.message });
}
