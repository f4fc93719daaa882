// Rules of core.executeAsModal and of history.
'use strict';
const DOC = 'ps-reference/media/executeasmodal';
const TYPES = '@types/photoshop CoreModules.d.ts';
const SCRIPT = 'a script is in a modal scope from its beginning to its end';
const TWO_PLUGINS = 'needs a second plug-in or a person\'s hand';

module.exports = [
    { id: 'modal.required', panel: true, status: 'documented', source: DOC, because: SCRIPT, text: 'What changes a document or Photoshop\'s state is refused outside a modal scope.' },
    { id: 'modal.busy', status: 'documented', source: DOC, because: TWO_PLUGINS, text: 'While another plug-in, a dialog or a tool is modal, executeAsModal is refused with e.number 9.' },
    { id: 'modal.timeout', status: 'documented', source: 'changelog 25.10', because: TWO_PLUGINS, text: 'timeOut says for how many seconds executeAsModal waits for its turn; 1 without it. Before 25.10 it refuses at once (createHost({version})).' },
    { id: 'modal.exclusive', status: 'documented', source: DOC, because: TWO_PLUGINS, text: 'During a scope nobody else can change documents.' },
    { id: 'modal.nested', status: 'documented', source: DOC, text: 'A scope may be opened within a scope of the same plug-in; they share one state and one progress bar.' },
    { id: 'modal.overlap', status: 'assumed', source: 'the documentation knows scopes within scopes only', because: SCRIPT, text: 'A second call of the same plug-in that does not end within the first is a fault of the plug-in; the fake counts it in control.faults.' },
    { id: 'modal.result', status: 'documented', source: DOC, text: 'executeAsModal gives what its function gives, and throws what it throws.' },
    { id: 'modal.descriptor', status: 'documented', source: DOC, text: 'The function is called with the context and options.descriptor.' },
    { id: 'modal.command-name', status: 'reported', source: 'Adobe\'s samples leave it out', text: 'commandName is required by the documentation and not enforced; the fake counts its absence in control.faults.' },
    { id: 'modal.cancel', status: 'documented', source: DOC, because: TWO_PLUGINS, text: 'After Escape isCancelled is true, onCancel is called, and each further call of Photoshop\'s API throws until the scope ends.' },
    { id: 'modal.cancel-reads', status: 'assumed', source: 'the documentation says "Photoshop APIs such as batchPlay"', because: TWO_PLUGINS, text: 'After Escape also hostControl and imaging throw, reading a property of a document does not.' },
    { id: 'modal.progress', status: 'documented', source: DOC, text: 'reportProgress takes a value of 0 to 1 and a commandName.' },
    { id: 'modal.progress-shown', status: 'documented', source: DOC, because: 'it needs a person who looks', text: 'A value shows the progress bar, a modal dialog, at once; without one it comes after two seconds. control.progress() says after how many milliseconds of its scope each value came.' },
    { id: 'modal.context', status: 'reported', source: 'uxp-toolkit, executeAsModal.ts', text: 'The properties of the context are not enumerable: a copy by spreading is empty.' },
    { id: 'modal.auto-close', panel: true, status: 'documented', source: DOC, because: SCRIPT, text: 'registerAutoCloseDocument closes a document without saving when the scope ends.' },
    { id: 'modal.is-modal', status: 'documented', source: TYPES, text: 'core.isModal() is true within a scope.' },
    { id: 'history.one-state', status: 'documented', source: DOC, text: 'Between suspendHistory and resumeHistory all changes of a document become one history state of the given name.' },
    { id: 'history.final-name', status: 'documented', source: TYPES, text: 'suspension.finalName renames the state.' },
    { id: 'history.rollback', status: 'documented', source: DOC, text: 'resumeHistory(suspension, false) takes the document back to where it was suspended.' },
    { id: 'history.unchanged', status: 'documented', source: DOC, text: 'No state is made where nothing was changed.' },
    { id: 'history.auto-commit', panel: true, status: 'documented', source: DOC, because: SCRIPT, text: 'A scope that returns normally commits what is still suspended.' },
    { id: 'history.auto-rollback', panel: true, status: 'documented', source: DOC, because: SCRIPT, text: 'A scope that ends by an exception rolls back what is still suspended.' },
    { id: 'history.twice', status: 'assumed', source: 'the documentation does not say', text: 'Suspending a document that is suspended is refused.' },
    { id: 'history.each', status: 'assumed', source: 'the History panel of the application', text: 'Without suspension each change makes a state of its own.' },
    { id: 'history.command-name', status: 'documented', source: 'ps-reference/media/imaging', text: 'commandName of putPixels, putLayerMask and putSelection names the state.' },
    { id: 'history.hide-rollback', status: 'assumed', source: 'the documentation does not say', text: 'Hiding a layer in a suspension that is rolled back shows it again; states that could be redone.', choices: { 'redo-kept': 'can still be', 'redo-lost': 'are gone' } },
    { id: 'history.resize', status: 'assumed', source: 'the documentation says all changes', text: 'A canvas resize, new layers, groups and masks within a suspension are part of the one state, and are rolled back with it.' },
];
