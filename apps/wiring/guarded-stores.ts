import type { EndpointRules } from '#libs/delivery';
import type { Destination, ObjectStore } from '#libs/recording-model';
import { createObjectStores, type MediaStore, type ObjectStores } from '#libs/storage';
import type { Outbound } from './outbound.js';

/**
 * The drivers of all stores, held to the outbound rules: an endpoint that a document or a setting names is checked before
 * its driver is asked, and S3's finds allowed addresses only. Uploads by HTTP go through the guarded client.
 */
export function createGuardedStores(
  { endpoints, uploads }: Pick<Outbound, 'endpoints' | 'uploads'>,
  mediaStore: MediaStore,
): ObjectStores {
  const tuning = { lookup: endpoints.lookup };
  const stores = createObjectStores({
    mediaStore,
    httpUpload: { client: uploads },
    ftpUpload: { lookup: endpoints.lookup, allowPlain: endpoints.allowPlain },
    s3: { tuning },
    gcs: { tuning },
  });
  const { s3, gcs, 'azure-blob': azureBlob } = stores;
  return {
    ...stores,
    s3: guarded(s3, endpoints),
    gcs: guarded(gcs, endpoints),
    'azure-blob': guarded(azureBlob, endpoints),
  };
}

function guarded(store: ObjectStore, rules: EndpointRules): ObjectStore {
  const checkTarget = async ({ destination }: { readonly destination: Destination }): Promise<void> => {
    const endpoint = endpointOf(destination);
    if (endpoint !== null) await rules.check(endpoint);
  };
  return {
    kind: store.kind,
    async put(request) {
      await checkTarget(request.target);
      return store.put(request);
    },
    async abort(leftover, secrets) {
      await checkTarget(leftover.target);
      await store.abort(leftover, secrets);
    },
    async remove(request) {
      await checkTarget(request.target);
      return store.remove(request);
    },
  };
}

/** Null: the provider's own. */
function endpointOf(destination: Destination): string | null {
  if (!('endpoint' in destination) || destination.endpoint === null) return null;
  const account = 'account' in destination ? destination.account : '';
  return destination.endpoint.replace('{account}', account);
}
