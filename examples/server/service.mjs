// The service: what it answers, and with which status. Whoever searches (an index in this process, worker threads) is its
// engine: { facts, search(vector, k, options), add?(id, vector), reload(), metrics(), close() }.

import Fastify from 'fastify';
import { isVoronodeError, stats } from 'voronode';
import { page } from './metrics.mjs';

const vector = { type: 'array', items: { type: 'number' }, minItems: 1, maxItems: 65_536 };
const SEARCH = {
  type: 'object',
  required: ['vector'],
  additionalProperties: false,
  properties: { vector, k: { type: 'integer', minimum: 1, maximum: 1000, default: 10 } },
};
const ADD = {
  type: 'object',
  required: ['id', 'vector'],
  additionalProperties: false,
  properties: { id: { type: 'string', pattern: '^(0|[1-9][0-9]{0,17})$' }, vector },
};

/** @param limits maxWaiting: more calls than that may not wait for a thread when a search comes */
export function makeService(engine, { maxWaiting }) {
  const app = Fastify({
    return503OnClosing: false, // requests on open connections are answered until the end
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } }, // '3' is no number
  });
  app.decorate('stopping', false);

  const refuseOverload = async (_, reply) => {
    if (stats().waiting <= maxWaiting) return;
    await reply.code(503).header('retry-after', '1').send({ error: 'overloaded' });
  };
  app.post('/search', { schema: { body: SEARCH }, preHandler: refuseOverload }, async (request, reply) => {
    const { vector, k } = request.body;
    return { neighbours: await engine.search(vector, k, { signal: goneSignal(reply) }) };
  });
  app.post('/vectors', { schema: { body: ADD } }, async (request, reply) => {
    if (engine.put === undefined) return await reply.code(405).send({ error: 'this service only reads' });
    const replaced = await engine.put(BigInt(request.body.id), request.body.vector);
    return await reply.code(replaced ? 200 : 201).send({ replaced });
  });

  // Not for the world: behind a proxy that passes the two above alone.
  app.post('/reload', async () => {
    await engine.reload();
    return engine.facts;
  });
  app.get('/metrics', async (_, reply) => {
    reply.type('text/plain; version=0.0.4');
    return page(await engine.metrics(), { waiting: stats().waiting, ...engine.facts });
  });
  app.get('/healthz', async () => ({ status: 'alive' })); // start me again if this fails
  app.get('/readyz', async (_, reply) => {
    if (app.stopping) return await reply.code(503).send({ status: 'stopping' }); // send me no more
    return { status: 'ready', ...engine.facts };
  });

  // Clients and proxies then make no further request on their connection.
  app.addHook('onSend', async (_, reply) => {
    if (app.stopping) reply.header('connection', 'close');
  });
  app.setErrorHandler(async (error, _, reply) => {
    const status = statusOf(error);
    if (status >= 500) console.error(error);
    await reply.code(status).send({ error: status === 500 ? 'internal error' : error.message, code: error.code });
  });
  return app;
}

/** Fires when the client goes away before it is answered. */
function goneSignal(reply) {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

/** Of what a request can do wrong, and of what passes. All else is a mistake of the service. */
const STATUS = {
  ERR_VORONODE_DIMENSION: 400, // a vector of another length
  ERR_INVALID_ARG_VALUE: 400, // 1e39 is infinite as float32
  ERR_OUT_OF_RANGE: 400,
  ERR_VORONODE_UNSUPPORTED: 501, // vectors with ids for an index that has none of its own
  ERR_VORONODE_NO_MEMORY: 503,
  ERR_VORONODE_NOT_TRAINED: 503,
  ERR_VORONODE_CLOSED: 503,
  ABORT_ERR: 499, // nobody reads it
};

function statusOf(error) {
  if (isVoronodeError(error)) return STATUS[error.code] ?? 500;
  return error.statusCode ?? 500; // Fastify's own: 400 from validation, 413, 415, …
}
