/** A token is sent to another process, where it is refused: prints the code and the message of the error. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Index, IndexFlatL2 } from '../../dist/index.mjs';

if (process.send === undefined) {
  const index = new IndexFlatL2(4);
  const child = fork(fileURLToPath(import.meta.url));
  child.send(index.share());
  const [{ code, message }] = await once(child, 'message');
  const hide = (pid) => (pid === String(process.pid) ? 'PARENT' : 'CHILD');
  console.log(`${code} ${message.replace(/\d{2,}/g, hide)}`);
  child.disconnect();
} else {
  process.once('message', (token) => {
    try {
      Index.fromShared(token);
    } catch ({ code, message }) {
      process.send({ code, message });
    }
  });
}
