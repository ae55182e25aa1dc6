/** Row frequencies of the key pad, Hz (ITU-T Q.23). */
export const ROW_HZ = [697, 770, 852, 941] as const;
/** Column frequencies of the key pad, Hz (ITU-T Q.23). */
export const COLUMN_HZ = [1209, 1336, 1477, 1633] as const;
/** The keys by row and column. */
export const KEY_PAD = ['123A', '456B', '789C', '*0#D'] as const;
/** All sixteen keys. */
export const DTMF_KEYS = '0123456789*#ABCD';
