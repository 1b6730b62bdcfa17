# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the command share: machines, runs, TAP."""
import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
NOBODY = 65534


def load(name):
    """A script without .py as a module."""
    path = os.path.join(HERE, name)
    loader = importlib.machinery.SourceFileLoader(name, path)
    spec = importlib.util.spec_from_loader(name, loader)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


unpack = load('unpack')


class Lab:
    """A folder with unpacked machines and the program."""

    def __init__(self, program):
        self.base = tempfile.mkdtemp(prefix='cohmem-cli-')
        # Somebody who is not root has to reach all of it.
        os.chmod(self.base, 0o755)
        self.tmp = os.path.join(self.base, 'host')
        os.mkdir(self.tmp)
        self.program = os.path.join(self.tmp, 'cohmem')
        shutil.copy(program, self.program)
        # The program looks for its library in ../lib.
        lib = os.path.join(os.path.dirname(program), '..', 'lib')
        os.mkdir(os.path.join(self.base, 'lib'))
        shutil.copy(os.path.join(lib, 'libcohmem.so.1'),
                    os.path.join(self.base, 'lib'))
        os.mkdir(os.path.join(self.tmp, 'machines'))
        os.mkdir(os.path.join(self.tmp, 'empty'))

    def close(self):
        for path, dirs, _ in os.walk(self.tmp):
            for d in dirs:
                full = os.path.join(path, d)
                if not os.path.islink(full):
                    os.chmod(full, 0o755)
        shutil.rmtree(self.base)

    def path(self, *parts):
        return os.path.join(self.tmp, *parts)

    def machine(self, name):
        """The unpacked machine, not to be changed."""
        root = self.path('machines', name)
        if not os.path.exists(root) and name not in ('none', 'empty'):
            unpack.unpack(os.path.join(HERE, 'machines', name), root)
        return root

    def work(self, name):
        """A copy of the machine that may be changed."""
        work = self.path('work')
        if os.path.exists(work):
            subprocess.run(['chmod', '-R', 'u+rwX', work], check=True)
            shutil.rmtree(work)
        shutil.copytree(self.machine(name), work, symlinks=True)
        return work

    def run(self, *args, nobody=False, utf8=False, **kw):
        """One run; .returncode, .stdout and .stderr are bytes."""
        env = {'PATH': os.environ.get('PATH', '/usr/bin:/bin'),
               'LC_ALL': 'C.UTF-8' if utf8 else 'C'}
        for k, v in os.environ.items():
            if k.startswith(('ASAN_', 'UBSAN_', 'LSAN_')):
                env[k] = v
        env.update(kw.pop('env', {}))
        if nobody and os.getuid() == 0:
            kw.update(user=NOBODY, group=NOBODY, extra_groups=[])
        kw.setdefault('stdout', subprocess.PIPE)
        kw.setdefault('stderr', subprocess.PIPE)
        kw.setdefault('stdin', subprocess.DEVNULL)
        kw.setdefault('timeout', 60)
        return subprocess.run(['./cohmem'] + list(args), cwd=self.tmp,
                              env=env, check=False, **kw)


class Tap:
    """Results, one a line."""

    def __init__(self):
        self.nr = 0
        self.failed = 0

    def ok(self, name):
        self.nr += 1
        print('ok %d - %s' % (self.nr, name), flush=True)

    def skip(self, name, why):
        self.nr += 1
        print('ok %d - %s # SKIP %s' % (self.nr, name, why), flush=True)

    def bad(self, name, why):
        self.nr += 1
        self.failed += 1
        print('not ok %d - %s' % (self.nr, name))
        for line in str(why).splitlines():
            print('# ' + line)
        sys.stdout.flush()

    def check(self, name, fn):
        try:
            fn()
        except Exception as e:  # whatever it is, the test has failed
            self.bad(name, '%s, line %d: %s' % (type(e).__name__,
                     e.__traceback__.tb_next.tb_lineno, e))
        else:
            self.ok(name)

    def end(self):
        print('1..%d' % self.nr)
        return 0


class Schemas:
    """The JSON schemas of docs/json; .why says why they cannot be used."""

    def __init__(self):
        import json
        self.json = json
        self.why = None
        self.store = {}
        try:
            import warnings
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                import jsonschema
            self.jsonschema = jsonschema
        except ImportError:
            self.why = 'python3-jsonschema is not installed'
        folder = os.path.join(TOP, 'docs', 'json')
        for name in sorted(os.listdir(folder)):
            if name.endswith('.schema.json'):
                with open(os.path.join(folder, name), encoding='utf-8') as f:
                    doc = json.load(f)
                self.store[doc['$id']] = doc

    def check_schemas(self):
        for doc in self.store.values():
            self.jsonschema.Draft202012Validator.check_schema(doc)

    def check(self, text):
        """Parses TEXT, strictly, and holds it against its schema."""
        doc = self.json.loads(text.decode('utf-8'))
        assert doc['schema'].startswith('cohmem.'), doc['schema']
        if self.why:
            return doc
        uri = 'urn:cohmem:json:' + doc['schema'][len('cohmem.'):]
        assert uri in self.store, 'no schema %s in docs/json' % uri
        import warnings
        with warnings.catch_warnings():
            # RefResolver: the one way that Debian 12's version knows.
            warnings.simplefilter('ignore')
            resolver = self.jsonschema.RefResolver(uri, self.store[uri],
                                                   store=self.store)
            v = self.jsonschema.Draft202012Validator(self.store[uri],
                                                     resolver=resolver)
        errors = ['%s: %s' % ('/'.join(map(str, e.absolute_path)), e.message)
                  for e in v.iter_errors(doc)]
        assert not errors, '\n'.join(errors[:10])
        return doc
