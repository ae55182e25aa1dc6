import { Injectable } from '@nestjs/common';
import { type Catalogued, type CataloguedFile, type FileCatalogue } from '#libs/orchestration';
import { flexml } from '#libs/vendor-adapters';
import type { StoredAudio } from '../../runtime-token.js';
import { audioOf } from './flexml-stored-audio.js';
import { FlexmlStorage } from './flexml-storage.js';

/** A file that anybody may read who has its link. */
export interface PublicFile {
  readonly audio: StoredAudio;
  readonly sha256: string;
}

/** `known`: the sid is in the books, whether or not its file may be read. */
export type LinkedFile = { readonly known: true; readonly file: PublicFile | null } | { readonly known: false };

const SID = /^([A-Za-z0-9_-]{1,128})(?:\.([A-Za-z0-9]{1,8}))?$/;

/** Public links of files (contract §4.2): what was deleted, or is not published that way, is not there. */
@Injectable()
export class FlexmlLinks {
  constructor(private readonly storage: FlexmlStorage) {}

  /** `/f/{file_sid}` and `/f/{file_sid}.{ext}`. */
  async bySid(name: string): Promise<LinkedFile> {
    const [, sid = '', extension] = SID.exec(name) ?? [];
    const catalogue = await this.catalogueOf(sid);
    const file = (await catalogue?.get(sid)) ?? null;
    if (catalogue === null || file === null) return { known: false };
    const fits =
      extension === undefined || file.body.extension === '' || extension.toLowerCase() === file.body.extension;
    return { known: true, file: fits ? await this.published(catalogue, file, 'file_sid') : null };
  }

  /** `/c/{container_sid}/{file_access_name}`. */
  async byAccessName(containerSid: string, name: string): Promise<PublicFile | null> {
    const catalogue = await this.catalogueOf(containerSid);
    if (catalogue === null) return null;
    const file = await this.named(catalogue, containerSid, name);
    return file === null ? null : this.published(catalogue, file, 'file_access_name');
  }

  private async catalogueOf(sid: string): Promise<FileCatalogue | null> {
    const owner = sid === '' ? null : await this.storage.ownerOf(sid);
    return owner === null ? null : this.storage.at(owner);
  }

  private async named(
    catalogue: FileCatalogue,
    container: string,
    name: string,
  ): Promise<Catalogued<CataloguedFile> | null> {
    const isNamed = ({ sid, body }: Catalogued<CataloguedFile>) =>
      body.container === container && flexml.accessNameOf({ sid, ...body }) === name;
    // Most files are called by their sid; only for the others all must be looked through.
    const likely = await catalogue.get(SID.exec(name)?.[1] ?? '');
    if (likely !== null && isNamed(likely)) return likely;
    return (await catalogue.list()).find(isNamed) ?? null;
  }

  private async published(
    catalogue: FileCatalogue,
    file: Catalogued<CataloguedFile>,
    way: 'file_sid' | 'file_access_name',
  ): Promise<PublicFile | null> {
    const container = await catalogue.containers.get(file.body.container);
    if (!flexml.isPublished(file.body.fields, container?.body.fields ?? {}, way)) return null;
    void catalogue.touch(file);
    return { audio: audioOf(catalogue, file), sha256: file.body.sha256 };
  }
}
