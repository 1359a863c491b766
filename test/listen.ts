/** What the TracingChannels of the package tell, for tests. */

import { tracingChannel } from 'node:diagnostics_channel';
import type { Trace } from '../lib/index.js';

export interface Event {
  event: string;
  trace: Trace;
  /** As it was at the event. */
  then: Record<string, unknown>;
}

const leave: (() => void)[] = [];

/** Does this at the next {@link stopListening}. */
export function atEnd(stop: () => void): void {
  leave.push(stop);
}

export function stopListening(): void {
  for (const stop of leave.splice(0)) stop();
}

/** All events of a channel from now on. */
export function listen(name: string): Event[] {
  const events: Event[] = [];
  const hear = (event: string) => (trace: object) => {
    const { result: _, ...then } = { ...trace } as Record<string, unknown>; // Node's, always undefined
    events.push({ event, trace: trace as Trace, then });
  };
  const channel = tracingChannel(`voronode:${name}`);
  const hearers = {
    start: hear('start'),
    end: hear('end'),
    asyncStart: hear('asyncStart'),
    asyncEnd: hear('asyncEnd'),
    error: hear('error'),
  };
  channel.subscribe(hearers);
  atEnd(() => channel.unsubscribe(hearers));
  return events;
}

export const names = (events: Event[]) => events.map(({ event }) => event);

/** The events of a call that returns a promise. */
export const PROMISE = ['start', 'end', 'asyncStart', 'asyncEnd'];
