// What scenarios share: a paired panel over a small picture, the steps of a user, and the checks of pixels.
import assert from 'node:assert/strict';
import { openPanel, PATIENCE, sharedDaemon } from '../rig/rig.mjs';

export { PATIENCE };

/** A token of a new client of the daemon, so that a scenario has a History of its own. */
export async function paired(daemon) {
    const hello = await (await fetch(`http://127.0.0.1:${daemon.port}/v1/hello`)).json();
    const reply = await fetch(`http://127.0.0.1:${daemon.port}/v1/pair`, {
        method: 'POST',
        body: JSON.stringify({ code: await daemon.code(), client: 'Photoshop' }),
    });
    const { token, client_id: client } = await reply.json();
    return { secure: { [`token-${hello.home}`]: token }, client };
}

/** A paired panel with a picture in front of it: 96 x 64, or as `document` says, painted with colors that tell each pixel. */
export async function open({
    daemon,
    document = {},
    selection = { left: 32, top: 20, right: 60, bottom: 44 },
    feather = 0,
    ...options
} = {}) {
    const server = daemon || (await sharedDaemon());
    const { secure, client } = await paired(server);
    const panel = await openPanel({ daemon: server, secure, ...options });
    panel.client = client;
    panel.token = Object.values(secure)[0];
    await panel.fake(
        (control, _photoshop, [given, area, soft]) => {
            const size = { width: 96, height: 64, ...given };
            const made = control.openDocument({ ...size, paint: (x, y) => [x / size.width, y / size.height, ((x * 7 + y * 3) % 32) / 31] });
            if (area) control.select(made, area, soft);
        },
        [document, selection, feather],
    );
    await ready(panel);
    return panel;
}

export async function ready(panel) {
    await panel.page.waitForFunction(() => !document.querySelector('#generate').classList.contains('off'), undefined, { timeout: PATIENCE });
}

/** Whether Generate has an effect. */
export const generates = (panel) => panel.page.evaluate(() => !document.querySelector('#generate').classList.contains('off'));

/** Choose the operation, fill fields by their id (opening the further settings), and press Generate. */
export async function generate(panel, operation, { prompt = 'a red ball', fields = {} } = {}) {
    const { page } = panel;
    await page.selectOption('#operation', operation);
    if (await page.isVisible('#prompt')) await page.fill('#prompt', prompt);
    const wanted = { ...(operation === 'remove' ? {} : { steps: '2' }), ...fields }; // by example there are none
    if (!(await page.isVisible('#seed'))) await page.click('#more');
    for (const [id, value] of Object.entries(wanted)) {
        if (id === 'source' || id === 'model') await page.selectOption(`#${id}`, value);
        else if (id === 'keep') await page.setChecked('#keep', value);
        else await page.fill(`#${id}`, value);
    }
    await page.click('#more');
    await ready(panel);
    await page.click('#generate');
}

/** Until the newest job of the list has `count` placed variations. */
export async function placed(panel, count = 1) {
    await panel.page.waitForFunction(
        (n) => {
            const card = document.querySelector('.card');
            const marks = card ? [...card.querySelectorAll('.mark')].filter((mark) => mark.style.display !== 'none') : [];
            const busy = card && [...card.querySelectorAll('button')].some((b) => b.textContent === 'Place' && b.classList.contains('off'));
            return marks.length === n && !busy;
        },
        count,
        { timeout: PATIENCE },
    );
}

/** Until the newest job has a notice that has `text`. */
export async function notice(panel, text) {
    await panel.page.waitForFunction(
        (wanted) =>
            [...document.querySelectorAll('.notice')].some((known) => known.offsetParent !== null && known.textContent.includes(wanted)),
        text,
        { timeout: PATIENCE },
    );
}

/** Press the button of that name, which can be seen and is not without effect, in the newest job, a notice or the view. */
export async function press(panel, name) {
    await panel.page
        .locator('button:not(.off):visible', { hasText: new RegExp(`^${name}$`) })
        .first()
        .click();
}

export async function state(panel) {
    return panel.fake((control) => ({ tree: control.tree(), composite: control.composite(), history: control.history() }));
}

/** The layer with that id, also inside groups. */
export function layerOf(tree, id) {
    for (const layer of tree) {
        if (layer.id === id) return layer;
        const inner = layer.children && layerOf(layer.children, id);
        if (inner) return inner;
    }
    return null;
}

/** Where `mask` (of the canvas) is 0 nothing has changed, and where it is 255 something has. */
export function checkOutside(before, after, mask) {
    assert.equal(after.composite.data.length, before.composite.data.length);
    const { channels } = before.composite;
    let inside = 0;
    for (let i = 0; i < mask.data.length; i++) {
        const at = i * channels;
        const same = before.composite.data.slice(at, at + channels).every((v, c) => v === after.composite.data[at + c]);
        if (mask.data[i] === 0) assert.ok(same, `pixel ${i % mask.width}, ${Math.floor(i / mask.width)} outside the mask has changed`);
        else if (!same) inside++;
    }
    assert.ok(inside > 0, 'nothing has changed inside the mask');
}

/** The parameters that a layer keeps, from its XMP. */
export function noteOf(layer) {
    const found = /<layerbridge:note>([^<]*)</.exec(layer.xmp);
    return found && JSON.parse(Buffer.from(found[1], 'base64').toString('utf8'));
}

/** What the daemon was asked for last by this panel. */
export async function asked(panel) {
    const address = `http://127.0.0.1:${panel.daemon.port}/v1/jobs?limit=1`;
    const response = await fetch(address, { headers: { Authorization: `Bearer ${panel.token}` } });
    const { jobs } = await response.json();
    return jobs.length ? jobs[0].request : null;
}

/** Fields of a job that takes long enough to be stopped. */
export const SLOW = { steps: '150' };

/** Until the newest job is being painted. */
export async function painting(panel) {
    await panel.page.waitForFunction(
        () => /Painting: step/.test((document.querySelector('.card') || {}).textContent || ''),
        undefined,
        { timeout: PATIENCE },
    );
}
