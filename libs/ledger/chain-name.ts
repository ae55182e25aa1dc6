/** Name of the delivery chain of one recording and subscription. */
export function chainName(recordingId: string, subscription: string): string {
  return `${recordingId}.${subscription}`;
}
