// node server.js FOLDER [auth] [tls KEY CERT]: an SMTP server on a free port of the loopback address, which it prints.
// Every mail becomes FOLDER/0001.eml (as received) and 0001.json (envelope). The file FOLDER/mode says how it answers; it is read anew at every step.
const fs = require('fs'), path = require('path'), { SMTPServer } = require('smtp-server');
const [folder, ...words] = process.argv.slice(2);
const auth = words.includes('auth'), tls = words.indexOf('tls');
const mode = () => fs.existsSync(path.join(folder, 'mode')) ? fs.readFileSync(path.join(folder, 'mode'), 'utf8').trim() : 'accept';
const answer = (code, text) => Object.assign(new Error(text), { responseCode: code });
let count = 0;

const server = new SMTPServer({
  secure: words.includes('implicit'),
  ...(tls >= 0 ? { key: fs.readFileSync(words[tls + 1]), cert: fs.readFileSync(words[tls + 2]) } : {}),
  disabledCommands: [...(tls >= 0 ? [] : ['STARTTLS']), ...(auth ? [] : ['AUTH'])],
  authOptional: !auth,
  allowInsecureAuth: true,
  disableReverseLookup: true,
  onConnect: (session, done) => mode() === 'away' ? done(answer(421, '4.3.2 closing')) : mode() === 'silent' ? undefined : done(),
  onAuth: (given, session, done) => given.username === 'minisora' && given.password === 'a secret of the tests' ? done(null, { user: given.username }) : done(answer(535, '5.7.8 Authentication credentials invalid')),
  onMailFrom: (address, session, done) => mode() === 'sender' ? done(answer(550, '5.7.1 Sender not allowed')) : done(),
  onRcptTo: (address, session, done) => mode() === 'temporary' ? done(answer(450, '4.2.1 Mailbox busy, try later')) : mode() === 'refuse' ? done(answer(550, '5.1.1 No such mailbox')) : done(),
  onData: (stream, session, done) => {
    const parts = [], how = mode();
    stream.on('data', part => parts.push(part));
    stream.on('end', () => {
      if (how === 'spam') return done(answer(554, '5.7.1 Looks like spam'));
      const name = path.join(folder, String(++count).padStart(4, '0'));
      fs.writeFileSync(name + '.json', JSON.stringify({ from: session.envelope.mailFrom.address, to: session.envelope.rcptTo.map(to => to.address), secure: !!session.secure, user: session.user ?? null }));
      fs.writeFileSync(name + '.part', Buffer.concat(parts));
      fs.renameSync(name + '.part', name + '.eml');
      // It has the mail, and nobody hears that.
      if (how === 'drop') return server.connections.forEach(connection => connection._socket.destroy());
      done(null, 'queued as ' + path.basename(name));
    });
  },
});
server.on('error', () => { });
// It leaves with whoever started it: its standard input ends when that process does, however that happens.
process.stdin.on('end', () => process.exit()).resume();
server.listen(0, '127.0.0.1', () => console.log('port ' + server.server.address().port));
