import { describe, expect, it } from 'vitest';
import { type ReachRules, reachTest } from '../../../src/lib/reach.js';

const test = (rules: Partial<ReachRules>) => reachTest({ allow: null, publicHosts: [], targets: [], ...rules });

describe('reachTest', () => {
  it('lets packets stay on private ground, and go to public hosts that were allowed', () => {
    expect(['10.1.2.3', '127.0.0.9', '192.168.0.1', 'fd00::1'].map(test({}))).toEqual([true, true, true, true]);
    expect(['8.8.8.8', '203.0.113.5', '224.0.0.1', '255.255.255.255', '0.0.0.0'].map(test({}))).not.toContain(true);
    expect(test({ publicHosts: ['8.8.8.8'] })('8.8.8.8')).toBe(true);
    expect(test({ publicHosts: ['8.8.8.8'] })('8.8.4.4')).toBe(false);
    expect(test({ publicHosts: 'any' })('8.8.4.4')).toBe(true);
  });

  it('keeps to the allow-list, also on private ground', () => {
    const reaches = test({ allow: ['127.0.0.1', '10.1.0.0/16', 'PBX.example.com'] });
    expect(['127.0.0.1', '10.1.255.9', 'pbx.example.com'].map(reaches)).toEqual([true, true, true]);
    expect(['127.0.0.9', '10.2.0.1', 'other.example.com', 'fd00::1'].map(reaches)).not.toContain(true);
    // A list says where to, and permission for a public address is another matter.
    expect(test({ allow: ['8.8.8.0/24'] })('8.8.8.8')).toBe(false);
    expect(test({ allow: ['8.8.8.0/24'], publicHosts: 'any' })('8.8.8.8')).toBe(true);
  });

  it('always reaches the targets, which were checked before', () => {
    const reaches = test({ allow: ['pbx.example.com'], targets: ['pbx.example.com', '203.0.113.5'] });
    expect(['pbx.example.com', '203.0.113.5'].map(reaches)).toEqual([true, true]);
    expect(reaches('203.0.113.6')).toBe(false);
  });

  it('takes a name at its word only where there is no list', () => {
    expect(test({})('media.example.com')).toBe(true);
    expect(test({ allow: ['pbx.example.com'] })('media.example.com')).toBe(false);
  });
});
