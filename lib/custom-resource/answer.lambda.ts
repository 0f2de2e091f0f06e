import { type AnswerEvent, endingOf } from './answer';
import { deliver, overHttp } from './deliver';
import { answerBody } from './protocol';

export async function handler(event: AnswerEvent): Promise<void> {
  const { request, ending } = endingOf(event);
  console.log(JSON.stringify({ resource: request.LogicalResourceId, request: request.RequestId, ending }));
  await deliver(request.ResponseURL, answerBody(request, ending), overHttp);
}
