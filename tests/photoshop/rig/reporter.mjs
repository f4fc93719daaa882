// A reporter of node:test: one JSON object a line for each finished test.
export default async function* reporter(source) {
    for await (const { type, data } of source) {
        if (type !== 'test:pass' && type !== 'test:fail') continue;
        const { error } = data.details || {};
        const cause = error && error.cause;
        yield `${JSON.stringify({
            file: data.file, name: data.name, nesting: data.nesting, passed: type === 'test:pass', skip: data.skip, todo: data.todo,
            milliseconds: data.details && data.details.duration_ms,
            error: error && String((cause && cause.stack) || error.stack || error.message || error),
        })}\n`;
    }
}
