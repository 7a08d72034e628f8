import { TestBed } from '@angular/core/testing';
import { Access } from './access';
import { failureWords, Http } from './http';

function answering(status: number, body: string) {
  return vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response(body, { status }));
}

describe('Http', () => {
  beforeEach(() => {
    sessionStorage.clear();
  });
  afterEach(() => vi.restoreAllMocks());

  it('asks with the fields that are given, and with the token', async () => {
    const fetch = answering(200, '{"base": 1}');
    TestBed.inject(Access).keep('secret');
    const answer = await TestBed.inject(Http).get('/api/exposure', { convention: 'D', base: null });
    expect(answer).toEqual({ kind: 'ok', value: { base: 1 } });
    const [path, request] = fetch.mock.calls[0] ?? [];
    expect(path).toBe('/api/exposure?convention=D');
    expect(new Headers(request?.headers).get('Authorization')).toBe('Bearer secret');
  });

  it('hands on the server’s words, and its own where there are none', async () => {
    const http = TestBed.inject(Http);
    answering(409, '{"detail": "A fetch runs already."}');
    expect(await http.post('/api/fetch', {})).toEqual({
      kind: 'error',
      status: 409,
      detail: 'A fetch runs already.',
    });
    answering(502, '<html>');
    expect(await http.get('/api/fetch')).toMatchObject({ detail: 'The server answered 502.' });
  });

  it('says that an answer is none of the server’s', async () => {
    answering(200, '<html>');
    expect(await TestBed.inject(Http).get('/api/fetch')).toEqual({
      kind: 'error',
      status: 200,
      detail: 'The server answered something else than JSON.',
    });
  });

  it('does not wait for ever for something to be done', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      expect(ms).toBe(5000);
      return AbortSignal.abort();
    });
    vi.spyOn(globalThis, 'fetch').mockImplementation((_, request) =>
      request?.signal?.aborted === true
        ? Promise.reject(new DOMException('late', 'TimeoutError'))
        : Promise.resolve(new Response('{}')),
    );
    const http = TestBed.inject(Http);
    expect(await http.post('/api/window', { span: 3 })).toEqual({ kind: 'unreachable' });
    expect((await http.get('/api/session')).kind).toBe('ok');
    expect((await http.post('/api/mode', { mode: 'replay' }, 'long')).kind).toBe('ok');
  });

  it('says that nothing answers', async () => {
    vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('down'));
    const answer = await TestBed.inject(Http).get('/api/fetch');
    expect(answer.kind === 'ok' ? '' : failureWords(answer, 'Not fetched')).toBe(
      'Not fetched: the server does not answer.',
    );
  });
});
