/** Let answers of the fake server arrive: they take turns of their own. */
export const answersArrive = () => new Promise((done) => setTimeout(done));
