import { Injectable } from '@nestjs/common';
import { type Catalogued, type CataloguedFile, type FileCatalogue } from '#libs/orchestration';
import { flexml } from '#libs/vendor-adapters';
import type { StoredAudio } from '../../runtime-token.js';
import { audioOf } from './flexml-stored-audio.js';
import { FlexmlAccessNames } from './flexml-access-names.js';
import { FlexmlStorage } from './flexml-storage.js';

const SID = /^([A-Za-z0-9_-]{1,128})(?:\.([A-Za-z0-9]{1,8}))?$/;

/** Public links of files (contract §4.2): what was deleted, or is not published that way, is not there. */
@Injectable()
export class FlexmlLinks {
  constructor(
    private readonly storage: FlexmlStorage,
    private readonly names: FlexmlAccessNames,
  ) {}

  /** `/f/{file_sid}` and `/f/{file_sid}.{ext}`. */
  async bySid(name: string): Promise<StoredAudio | null> {
    const [, sid = '', extension] = SID.exec(name) ?? [];
    const catalogue = await this.catalogueOf(sid);
    const file = (await catalogue?.get(sid)) ?? null;
    if (catalogue === null || file === null) return null;
    const fits =
      extension === undefined || file.body.extension === '' || extension.toLowerCase() === file.body.extension;
    return fits ? this.published(catalogue, file, 'file_sid') : null;
  }

  /** `/c/{container_sid}/{file_access_name}`. */
  async byAccessName(containerSid: string, name: string): Promise<StoredAudio | null> {
    const catalogue = await this.catalogueOf(containerSid);
    if (catalogue === null) return null;
    const file = await this.names.find(catalogue, containerSid, name);
    return file === null ? null : this.published(catalogue, file, 'file_access_name');
  }

  private async catalogueOf(sid: string): Promise<FileCatalogue | null> {
    const owner = sid === '' ? null : await this.storage.ownerOf(sid);
    return owner === null ? null : this.storage.at(owner);
  }

  private async published(
    catalogue: FileCatalogue,
    file: Catalogued<CataloguedFile>,
    way: 'file_sid' | 'file_access_name',
  ): Promise<StoredAudio | null> {
    const container = await catalogue.containers.get(file.body.container);
    if (!flexml.isPublished(file.body.fields, container?.body.fields ?? {}, way)) return null;
    void catalogue.touch(file);
    return audioOf(catalogue, file);
  }
}
