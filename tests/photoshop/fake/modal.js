// core.executeAsModal: one modal state for all scopes of the plug-in; history suspended and resumed through the context.
'use strict';
const { refusal } = require('./rules/index.js');

const BUSY_NUMBER = 9;
const DEFAULT_TIMEOUT_SECONDS = 1;
const POLL_MILLISECONDS = 10;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function executeAsModal(host, target, options) {
    if (typeof target !== 'function') throw new TypeError('executeAsModal: the first argument must be a function');
    const name = (options && options.commandName) || '';
    if (!name) host.faults.push('executeAsModal without a commandName'); // modal.command-name
    const outermost = host.scopes.length === 0; // modal.nested
    if (outermost) await turn(host, options || {});
    const began = Date.now();
    const scope = { name, began };
    host.scopes.push(scope);
    if (outermost) host.cancelled = false;
    const context = contextOf(host, scope);
    scope.context = context;
    let failed = true;
    try {
        const result = await target(context, options && options.descriptor); // modal.descriptor
        failed = false;
        return result; // modal.result
    } finally {
        if (host.scopes[host.scopes.length - 1] !== scope) {
            host.faults.push(`the modal scope "${name}" ended while another that began within it was still open`); // modal.overlap
        }
        host.scopes = host.scopes.filter((s) => s !== scope);
        host.log.push({ scope: name, milliseconds: Date.now() - began, failed });
        if (!host.scopes.length) leave(host, failed);
    }
}

/** Wait until nobody else is modal: rules modal.busy and modal.timeout. */
async function turn(host, { timeOut = DEFAULT_TIMEOUT_SECONDS }) {
    const waits = atLeast(host.version, 25, 10); // before, executeAsModal refuses at once
    const deadline = Date.now() + (waits ? timeOut * 1000 : 0);
    await pause(0);
    while (host.busyElsewhere) {
        if (Date.now() >= deadline) {
            throw refusal('modal.busy', `host is in a modal state: ${host.busyElsewhere}`, BUSY_NUMBER);
        }
        await pause(POLL_MILLISECONDS);
    }
}

function atLeast(version, major, minor) {
    const [a, b] = version.split('.').map(Number);
    return a > major || (a === major && b >= minor);
}

/** The end of the outermost scope: rules history.auto-commit, history.auto-rollback, modal.auto-close. */
function leave(host, failed) {
    for (const record of host.documents) {
        if (record.suspension) resume(host, record, !failed);
    }
    for (const id of host.autoClose) {
        const record = host.documents.find((d) => d.id === id);
        if (record) host.close(record);
    }
    host.autoClose.clear();
    host.cancelled = false;
}

function contextOf(host, scope) {
    const hostControl = {
        async suspendHistory({ documentID, name }) {
            host.changing('suspendHistory');
            const record = host.document(documentID);
            if (record.suspension) throw refusal('history.twice', 'suspendHistory: the history of this document is suspended already');
            record.suspension = { name, before: record.state, drawn: record.state, changed: false, handle: { historySuspensionID: host.id() } };
            return record.suspension.handle;
        },
        async resumeHistory(handle, commit = true) {
            host.changing('resumeHistory');
            const { historySuspensionID } = handle || {};
            const record = host.documents.find((d) => d.suspension && d.suspension.handle.historySuspensionID === historySuspensionID);
            if (!record) throw refusal('history.one-state', 'resumeHistory: no history is suspended under this identifier');
            record.suspension.handle = handle;
            resume(host, record, commit);
        },
        async registerAutoCloseDocument(id) {
            host.autoClose.add(id);
        },
        async unregisterAutoCloseDocument(id) {
            host.autoClose.delete(id);
        },
    };
    const context = {};
    const put = (key, descriptor) => Object.defineProperty(context, key, { enumerable: false, ...descriptor }); // modal.context
    put('isCancelled', { get: () => host.cancelled });
    put('onCancel', { value: undefined, writable: true });
    put('hostControl', { value: hostControl });
    put('reportProgress', { value: (progress) => reportProgress(host, scope, progress) });
    return context;
}

/** Rules modal.progress and modal.progress-shown. */
function reportProgress(host, scope, progress) {
    const { value } = progress || {};
    if (value !== undefined && !(value >= 0 && value <= 1)) host.faults.push(`reportProgress with the value ${value}`);
    host.log.push({ progress: { ...progress }, milliseconds: Date.now() - scope.began });
}

/** Rules history.one-state, history.final-name, history.rollback, history.unchanged, history.resize. */
function resume(host, record, commit) {
    const { before, changed, handle, name } = record.suspension;
    record.suspension = null;
    if (!commit) { // history.hide-rollback
        record.state = before;
        if (changed && host.choice('history.hide-rollback') === 'redo-lost') record.history.length = record.at + 1;
        return;
    }
    if (changed) host.remember(record, handle.finalName || name);
}

/** Escape, or Cancel in the progress bar: rule modal.cancel. */
function cancel(host) {
    if (!host.scopes.length) throw new Error('nothing is modal');
    host.cancelled = true;
    for (const { context } of host.scopes) {
        if (typeof context.onCancel === 'function') context.onCancel({ reason: 'user' });
    }
}

module.exports = { executeAsModal, cancel };
