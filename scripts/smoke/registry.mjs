// A registry for one publication: takes what `npm publish` sends and keeps it. Listens on the loopback address only.
import { createServer } from 'node:http';
import { must } from './outcome.mjs';

/**
 * Publishes a tarball from a project.
 * @param {string} tarball relative to the project
 * @returns {Promise<{ document: object, versions: object[] }>} the document that npm sent, and the manifests in it
 */
export async function published(project, tarball) {
  const documents = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    // Whatever else npm asks for (the versions that there are already) does not exist.
    if (request.method === 'PUT') documents.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(request.method === 'PUT' ? 201 : 404, { 'content-type': 'application/json' });
    response.end('{}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const host = `127.0.0.1:${server.address().port}`;
    project.write('.npmrc', `registry=http://${host}/\n//${host}/:_authToken=none\n`); // npm wants some token
    await project.npm('publish', tarball, `--registry=http://${host}/`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
  must(documents.length === 1, `npm publish sent ${documents.length} documents`);
  const [document] = documents;
  return { document, versions: Object.values(document.versions) };
}
