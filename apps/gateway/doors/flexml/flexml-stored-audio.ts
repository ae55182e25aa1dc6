import type { Catalogued, CataloguedFile, FileCatalogue } from '#libs/orchestration';
import { flexml } from '#libs/vendor-adapters';
import type { StoredAudio } from '../../runtime-token.js';

/** A file as it is handed out: its MIME type, and its access name as the name of a download (contract §4.2). */
export function audioOf(catalogue: FileCatalogue, file: Catalogued<CataloguedFile>): StoredAudio {
  const { sid, body } = file;
  const mimeType = body.fields['mime_type'];
  return {
    sizeBytes: body.sizeBytes,
    contentType:
      typeof mimeType === 'string' && /^[\w.+-]+\/[\w.+-]+(;[ -~]*)?$/.test(mimeType) ? mimeType : body.contentType,
    sha256: body.sha256,
    fileName: flexml.accessNameOf({ sid, ...body }),
    open: (range) => catalogue.open(file, range),
  };
}
