import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { screen } from '../../lib/cli/screen';
import { ServicesClock } from '../../lib/cli/services-clock';

describe('scenes', () => {
  test('on a terminal the next picture takes the place of the one before', () => {
    const written: string[] = [];
    const show = screen(
      (text) => written.push(text),
      { columns: 10, rows: 6, colours: true },
      () => 0,
    );
    show({ picture: 'one\n\u001b[32mtwo\u001b[0m\na line of twenty one', line: 'one' });
    show({ picture: 'three' });
    show({ picture: Array.from({ length: 20 }, (_, index) => `line ${index}`).join('\n') });
    show({ picture: 'end' });
    expect(written).toEqual([
      '\u001b[Jone\n\u001b[32mtwo\u001b[0m\na line of twenty one\n',
      '\u001b[4A\u001b[Jthree\n',
      '\u001b[1A\u001b[Jline 0\nline 1\nline 2\nline 3\nline 4\n',
      '\u001b[5A\u001b[Jend\n',
    ]);
  });

  test('elsewhere there is a line for each change', () => {
    const written: string[] = [];
    const show = screen(
      (text) => written.push(text),
      undefined,
      () => 0,
    );
    show({ picture: 'one', line: 'Progressing' });
    show({ picture: 'two' });
    show({ picture: 'three', line: 'Healthy' });
    expect(written).toEqual(['1970-01-01T00:00:00.000Z Progressing\n', '1970-01-01T00:00:00.000Z Healthy\n']);
  });
});

test("time is that of the services' answers", async () => {
  let own = 1_000_000;
  const clock = new ServicesClock(() => own);
  const client = new CloudFormation({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: {
      handle: async () => ({
        response: {
          statusCode: 200,
          headers: { date: 'Sat, 21 Nov 2026 03:00:00 GMT', 'content-type': 'text/xml' },
          body: Buffer.from('<DescribeStacksResponse><DescribeStacksResult/></DescribeStacksResponse>'),
        },
      }),
    },
  });
  clock.watch(client);
  expect(clock.now()).toBe(own);
  await client.describeStacks({});
  own += 5000;
  expect(clock.now()).toBe(Date.UTC(2026, 10, 21, 3, 0, 5));
});
