-- Prepares the schema, as doadmin. Since Postgres 15 nobody but a schema's owner may create in `public`, and since 16 an administrator
-- who is no superuser must let himself act as a role before he can give something to it. One role that nobody can log in as owns
-- everything; login users act as it, so that they can come and go. Runs again without harm. Variable: login.
SELECT 'CREATE ROLE site NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'site') \gexec
GRANT site TO CURRENT_USER WITH SET TRUE;
GRANT site TO :"login";
SELECT format('GRANT CREATE, CONNECT, TEMPORARY ON DATABASE %I TO site', current_database()) \gexec
SELECT 'ALTER SCHEMA public OWNER TO site'
  WHERE 'site' <> (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'public') \gexec
