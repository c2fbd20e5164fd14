// passport-twitter with Express and express-session, as their documentation shows them. SQLite as for the others: one
// flushed transaction a login, which counts it.
const express = require('express');
const session = require('express-session');
const passport = require('passport');
const { Strategy } = require('passport-twitter');
const Database = require('libsql');

const { PROVIDER, PORT, DB } = process.env;
const db = new Database(DB);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec(`CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, provider_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL, created INTEGER NOT NULL, logins INTEGER NOT NULL)`);
const signedIn = db.prepare(`INSERT INTO users (provider_id, name, created, logins) VALUES (?, ?, ?, 1)
  ON CONFLICT (provider_id) DO UPDATE SET name = excluded.name, logins = logins + 1 RETURNING id`);
const byId = db.prepare('SELECT id, name FROM users WHERE id = ?');

passport.use(new Strategy({
  consumerKey: 'ck',
  consumerSecret: 'cs',
  callbackURL: `http://127.0.0.1:${PORT}/auth/twitter`,
  requestTokenURL: `${PROVIDER}/oauth/request_token`,
  accessTokenURL: `${PROVIDER}/oauth/access_token`,
  userAuthorizationURL: `${PROVIDER}/oauth/authenticate`,
  skipExtendedUserProfile: true,
}, (token, secret, profile, done) => done(null, signedIn.get(profile.id, profile.username, Date.now()))));
passport.serializeUser((user, done) => done(null, user.id));
passport.deserializeUser((id, done) => done(null, byId.get(id)));

const app = express();
app.use(session({ secret: 'k'.repeat(32), resave: false, saveUninitialized: false }));
app.use(passport.initialize());
app.use(passport.session());
app.get('/login/twitter', passport.authenticate('twitter'));
app.get('/auth/twitter', passport.authenticate('twitter', { failureRedirect: '/failed' }), (request, response) => {
  response.redirect('/');
});
app.listen(Number(PORT), '127.0.0.1');
