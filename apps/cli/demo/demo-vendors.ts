import type { VendorName } from '#libs/recording-model';
import { startAculabApp } from '../../../examples/aculab-app/index.js';
import { startFlexmlApp } from '../../../examples/flexml-app/index.js';
import { startKazooApp } from '../../../examples/kazoo-app/index.js';
import { SAMPLE_APPLICATION_KEY, SAMPLE_APPLICATION_SECRET, startSinchApp } from '../../../examples/sinch-app/index.js';

/** A request as a sample application took it. */
export interface Received {
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

export interface RunningApp {
  readonly url: string;
  readonly received: readonly Received[];
  /** Files the application was sent, if its vendor uploads them. */
  readonly files?: ReadonlyMap<string, Buffer>;
  close(): Promise<void>;
}

/** One request the vendor promises, in words and as it is recognised. */
export interface Promised {
  readonly name: string;
  /** The vendor promises no order between this and the others. */
  readonly anytime?: boolean;
  matches(request: Received): boolean;
}

/** What the demo shows of one vendor. */
export interface DemoVendor {
  readonly vendor: VendorName;
  readonly document: string;
  start(): Promise<RunningApp>;
  /** The application settings that point the gateway at the sample app. */
  settings(app: RunningApp, gatewayUrl: string): Readonly<Record<string, string>>;
  /** In the order in which they must arrive, unless said otherwise. */
  readonly promised: readonly Promised[];
}

const posted = (path: string, name: string, part = ''): Promised => ({
  name,
  matches: ({ method, url, body }) => method === 'POST' && url.split('?')[0] === path && body.includes(part),
});

/** One call of each vendor, each app written as that vendor's documentation teaches. */
export const DEMO_VENDORS: readonly DemoVendor[] = [
  {
    vendor: 'flexml',
    document: '<Record action …>',
    start: () => startFlexmlApp({ port: 0 }),
    settings: (app, gatewayUrl) => ({ documentUrl: `${app.url}/flexml`, storageUrl: gatewayUrl }),
    promised: [
      posted('/action', 'action'),
      { ...posted('/status', 'recordingStatusCallback completed', '"RecordingStatus":"completed"'), anytime: true },
      { ...posted('/callback', 'callbackUrl'), anytime: true },
    ],
  },
  {
    vendor: 'kazoo',
    document: 'record_call start',
    start: () => startKazooApp({ port: 0 }),
    settings: (app) => ({
      accountId: '4a6b863f72f7a7b1c2c7a7a1f2b3c4d5',
      callflowUrl: `${app.url}/callflow`,
      webhooks: JSON.stringify([
        { name: 'recordings', hook: 'object', uri: `${app.url}/hook`, format: 'json', custom_data: { type: 'call_recording', action: 'all' } },
      ]),
    }),
    promised: [
      posted('/hook', 'webhook doc_created', 'doc_created'),
      { name: 'upload', matches: ({ method, url }) => method === 'PUT' && url.startsWith('/kzr/') },
      posted('/hook', 'webhook doc_edited', 'doc_edited'),
    ],
  },
  {
    vendor: 'aculab',
    document: 'record action',
    start: () => startAculabApp({ port: 0 }),
    settings: (app) => ({ firstPage: `${app.url}/first`, finalPage: `${app.url}/final`, errorPage: `${app.url}/error` }),
    promised: [
      posted('/next', 'next_page', '"file_available":false'),
      posted('/available', 'recording_available_page', '"file_available":true'),
      { ...posted('/final', 'final_page'), anytime: true },
    ],
  },
  {
    vendor: 'sinch',
    document: 'startRecording',
    start: () => startSinchApp({ port: 0, recordingOptions: { destinationUrl: 'sdrive://demo/', format: 'mp3' } }),
    settings: (app) => ({
      applicationKey: SAMPLE_APPLICATION_KEY,
      applicationSecret: SAMPLE_APPLICATION_SECRET,
      callbackUrl: `${app.url}/callback`,
    }),
    promised: [
      posted('/callback', 'recording_finished', 'recording_finished'),
      posted('/callback', 'recording_available', 'recording_available'),
      { ...posted('/callback', 'dice', '"event":"dice"'), anytime: true },
    ],
  },
];
