import { buildInstanceTypes } from '../../lib/image/build-instance-types';

test.each([
  ['t3.small', ['t3.small', 't3.large']],
  ['t3.large', ['t3.large', 'm5.large']],
  ['t4g.small', ['t4g.small', 'm6g.large']],
  ['m6g.large', ['m6g.large', 'm7g.large']],
])('beside %s an image may be built on another type of its architecture', (type, types) => {
  expect(buildInstanceTypes(type)).toEqual(types);
});
