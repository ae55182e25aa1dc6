import { Readable } from 'node:stream';
import type { FileAddress, FileStore } from '#libs/recording-model';
import { mediaNamespace, parseMediaLocation, type MediaFileAddress, type MediaStore } from '#libs/storage';

/** The own store by tenant, application and name. */
export function createFileStore(store: MediaStore): FileStore {
  return {
    addressOf(location) {
      const found = parseMediaLocation(location);
      if (found === null) return null;
      const [tenantId = '', applicationId = ''] = found.namespace.split('/').map(decodeURIComponent);
      return { tenantId, applicationId, name: found.name };
    },
    stat: (address) => store.stat(inStore(address)),
    list: ({ tenantId, applicationId }, prefix) => store.list(mediaNamespace(tenantId, applicationId), prefix),
    open: (address, range) => Readable.from(bytesOf(store, inStore(address), range), { objectMode: false }),
    write: (address, bytes, file, signal) => store.write(inStore(address), bytes, file, signal),
    delete: (address) => store.delete(inStore(address)),
  };
}

function inStore({ tenantId, applicationId, name }: FileAddress): MediaFileAddress {
  return { namespace: mediaNamespace(tenantId, applicationId), name };
}

/** The bytes of a stored file, or a part of them; opened when the first is asked for. */
export async function* bytesOf(
  store: MediaStore,
  address: MediaFileAddress,
  range?: { readonly start: number; readonly end: number },
): AsyncGenerator<Buffer> {
  const { stream } = await store.openFile(address, range);
  for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk;
}
