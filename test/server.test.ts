/** The service of examples/server/ as it is run: real processes, many clients, replaced and stopped in the middle of it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { IndexFlatL2, IndexIDMap, readIndexSync, writeIndexSync } from '../lib/index.js';
import { Random } from './random.js';

const [N, D, CLIENTS] = [20_000, 32, 16];
const vectors = new Random(1).floats(N * D);
const vectorOf = (i: number) => [...vectors.subarray(i * D, (i + 1) * D)];
const folder = mkdtempSync(join(tmpdir(), 'voronode-'));
const file = join(folder, 'index.faiss');
afterAll(() => rmSync(folder, { recursive: true }));

/** The same vectors under ids from `first` on: answers tell which file they are from. */
function writeFile(first: number): void {
  const index = new IndexIDMap(new IndexFlatL2(D));
  index.addWithIdsSync(
    vectors,
    Array.from({ length: N }, (_, i) => first + i),
  );
  writeIndexSync(index, file);
}

interface Answer {
  status: number;
  body: string;
  /** Whether the server wants no further request on the connection. */
  last: boolean;
}

class Service {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown[]>;
  port = 0;
  stderr = '';
  readonly #agent = new Agent({ keepAlive: true });

  constructor(program: string, args: string[], env: NodeJS.ProcessEnv) {
    const path = fileURLToPath(new URL(`../examples/server/${program}.mjs`, import.meta.url));
    const options = ['--index', file, '--port', '0', '--drain', '300', ...args];
    this.child = spawn(process.execPath, [path, ...options], { env: { ...process.env, NODE_OPTIONS: '', ...env } });
    this.ended = once(this.child, 'exit');
    this.child.stderr!.setEncoding('utf8').on('data', (text) => (this.stderr += text));
  }

  /** When so many processes listen. */
  async listening(processes: number): Promise<void> {
    let said = '';
    for await (const text of this.child.stdout!.setEncoding('utf8')) {
      said += text;
      const ports = [...said.matchAll(/^listening on .*:(\d+)$/gm)];
      if (ports.length === processes) {
        this.port = Number(ports[0]![1]);
        this.child.stdout!.resume();
        return;
      }
    }
    throw new Error(`it did not listen: ${this.stderr}`);
  }

  ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const asked = request(
        { method, path, headers, port: this.port, agent: this.#agent, ...(signal && { signal }) },
        async (response) => {
          try {
            const text: string = (await response.setEncoding('utf8').toArray()).join('');
            resolve({ status: response.statusCode!, body: text, last: response.headers.connection === 'close' });
          } catch (error) {
            reject(error);
          }
        },
      );
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  close(): void {
    this.#agent.destroy();
    this.child.kill('SIGKILL');
  }
}

const services: Service[] = [];
afterEach(() => {
  for (const service of services.splice(0)) service.close();
});

async function started(program: string, processes: number, args: string[] = [], env = {}): Promise<Service> {
  const service = new Service(program, args, env);
  services.push(service);
  await service.listening(processes);
  return service;
}

/** Clients that search until they are told, and what they saw. */
class Load {
  readonly firsts: number[] = [];
  readonly failures: unknown[] = [];
  /** Those that were told to go. */
  leftOnRequest = 0;
  readonly done: Promise<unknown>;

  constructor(service: Service) {
    this.done = Promise.all(Array.from({ length: CLIENTS }, (_, i) => this.#client(service, new Random(i))));
  }

  async #client(service: Service, random: Random): Promise<void> {
    for (let last = false; !last; ) {
      const i = random.integer(0, N - 1);
      try {
        const answer = await service.ask('POST', '/search', { vector: vectorOf(i), k: 3 });
        if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`);
        const [nearest] = JSON.parse(answer.body).neighbours;
        if (nearest.distance !== 0) throw new Error(`${answer.body} for ${i}`);
        this.firsts.push(Number(nearest.id) - i);
        last = answer.last;
      } catch (error) {
        this.failures.push(error);
        return;
      }
    }
    this.leftOnRequest++;
  }

  async seen(answers: number): Promise<void> {
    const until = this.firsts.length + answers;
    while (this.firsts.length < until && this.failures.length === 0) await sleep(5);
  }
}

describe.each([
  ['server', 1],
  ['cluster', 2],
  ['workers', 1],
] as const)('%s', (program, processes) => {
  test('replaced and stopped under load: each request is answered, and rightly', async () => {
    writeFile(0);
    const service = await started(program, processes);
    const load = new Load(service);
    await load.seen(300);
    expect(new Set(load.firsts)).toEqual(new Set([0]));

    writeFile(100_000);
    expect(await service.ask('POST', '/reload')).toMatchObject({ status: 200 });
    const before = load.firsts.length;
    await load.seen(300);
    expect(new Set(load.firsts)).toEqual(new Set([0, 100_000]));
    // Those that were under way when it was replaced may have the old ids; of later ones none.
    expect(new Set(load.firsts.slice(before + CLIENTS))).toEqual(new Set([100_000]));

    const metrics = (await service.ask('GET', '/metrics')).body;
    const counted = Number(/^voronode_search_seconds_count (\d+)$/m.exec(metrics)![1]);
    expect(counted).toBeGreaterThanOrEqual(before + 300);
    expect(metrics).toMatch(new RegExp(`^voronode_vectors ${N}$`, 'm'));

    service.child.kill('SIGTERM');
    await load.done;
    expect(load.failures).toEqual([]);
    expect(load.leftOnRequest).toBe(CLIENTS);
    expect(await service.ended).toEqual([0, null]);
    expect(service.stderr).toBe('');
  });
});

/** None of that is an error of the service. */
async function goneClients(service: Service): Promise<void> {
  const gone = await Promise.allSettled(
    Array.from({ length: 200 }, async (_, i) => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 3 + (i % 40));
      await service.ask('POST', '/search', { vector: vectorOf(i), k: 1000 }, stop.signal);
    }),
  );
  expect(gone.some(({ status }) => status === 'rejected')).toBe(true);
  expect((await service.ask('POST', '/search', { vector: vectorOf(5) })).status).toBe(200);
}

/** The index that is served stays. */
async function brokenFiles(service: Service): Promise<void> {
  writeIndexSync(new IndexFlatL2(D + 1), file);
  expect((await service.ask('POST', '/reload')).status).toBe(409);
  writeFileSync(file, 'no index');
  expect((await service.ask('POST', '/reload')).status).toBe(500);
  expect((await service.ask('POST', '/search', { vector: vectorOf(5) })).status).toBe(200);
  expect(service.stderr).toContain('ERR_VORONODE_CORRUPT');
}

test('what docs/server.md shows is in the files', () => {
  const root = join(__dirname, '..');
  const shown = [
    ...readFileSync(join(root, 'docs/server.md'), 'utf8').matchAll(/^<!-- (\S+) -->\n```js\n(.*?)^```$/gms),
  ];
  expect(shown.length).toBeGreaterThanOrEqual(4);
  for (const [, path, code] of shown) expect(readFileSync(join(root, path!), 'utf8')).toContain(code);
});

describe('server', () => {
  test('wrong requests, clients that go away, broken files: which status, and that it goes on', async () => {
    writeFile(0);
    const service = await started('server', 1);
    const search = async (body: unknown) => {
      const { status, body: text } = await service.ask('POST', '/search', body);
      return [status, JSON.parse(text).error];
    };
    expect(await search({ vector: vectorOf(0).slice(1) })).toEqual([400, expect.stringContaining('d = 32')]);
    expect(await search({ vector: [...vectorOf(0).slice(1), 1e39] })).toEqual([400, expect.stringContaining('finite')]);
    expect(await search({ vector: ['1', ...vectorOf(0).slice(1)] })).toEqual([400, 'body/vector/0 must be number']);
    expect(await search({ vector: vectorOf(0), k: 0 })).toEqual([400, 'body/k must be >= 1']);
    expect(await search({ vector: vectorOf(0), nprobe: 3 })).toEqual([400, expect.stringContaining('additional')]);
    expect(await search({})).toEqual([400, "body must have required property 'vector'"]);
    expect((await service.ask('GET', '/nothing')).status).toBe(404);
    expect((await service.ask('GET', '/healthz')).body).toBe('{"status":"alive"}');
    expect(JSON.parse((await service.ask('GET', '/readyz')).body)).toMatchObject({ status: 'ready', d: D, ntotal: N });
    const found = JSON.parse((await service.ask('POST', '/search', { vector: vectorOf(7) })).body).neighbours;
    expect(found).toHaveLength(10);
    expect(found[0]).toEqual({ id: '7', distance: 0 });
    expect((await service.ask('GET', '/metrics')).body).toMatch(
      /^voronode_errors_total\{channel="search",code="ERR_INVALID_ARG_VALUE"\} 1$/m,
    );
    await goneClients(service);
    expect(service.stderr).toBe('');
    await brokenFiles(service);
  });

  test('what was added is in the file after the stop; until then the file is not read again', async () => {
    writeFile(0);
    const service = await started('server', 1);
    const one = { id: '9007199254740993', vector: vectorOf(3) };
    const answers = await Promise.all([1, 2, 3].map(() => service.ask('POST', '/vectors', one)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    expect((await service.ask('POST', '/vectors', { ...one, id: '01' })).status).toBe(400);
    expect((await service.ask('POST', '/reload')).status).toBe(409);
    expect(readIndexSync(file).ntotal).toBe(N);
    service.child.kill('SIGTERM');
    await sleep(100);
    const late = await service.ask('GET', '/readyz'); // it still answers, and says that it goes
    expect(late).toEqual({ status: 503, body: '{"status":"stopping"}', last: true });
    expect(await service.ended).toEqual([0, null]);
    const saved = readIndexSync(file);
    expect(saved.ntotal).toBe(N + 1);
    expect(saved.hasSync(9007199254740993n)).toBe(true);
  });

  test('overload is refused at once', async () => {
    writeFile(0);
    const service = await started('server', 1, ['--max-waiting', '1'], { VORONODE_THREADS: '1' });
    const answers = await Promise.all(
      Array.from({ length: 150 }, (_, i) => service.ask('POST', '/search', { vector: vectorOf(i), k: 1000 })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
  });

  test('says what is wrong with its options', async () => {
    const service = new Service('server', ['--drain', 'long'], {});
    services.push(service);
    expect(await service.ended).toEqual([1, null]);
    expect(service.stderr).toBe("error: --drain must be an integer >= 1, not 'long'\n");
  });
});
