# subprocess over _posixsubprocess: pipes, errors of exec, preexec_fn, descriptors kept and closed, signals, time-outs.
import os
import subprocess

print(subprocess.run(["echo", "hi"], capture_output=True))
print(subprocess.run("exit 3", shell=True).returncode)
print(subprocess.check_output(["cat"], input=b"x" * 100000) == b"x" * 100000)
for wrong in (dict(args=["/nope"]), dict(args=["true"], cwd="/nope"), dict(args=["/etc/passwd"])):
    try:
        subprocess.run(**wrong)
    except OSError as e:
        print(type(e).__name__, e)
print(subprocess.check_output(["pwd"], preexec_fn=lambda: os.chdir("/")))
try:
    subprocess.run(["true"], preexec_fn=lambda: 1 / 0)
except subprocess.SubprocessError as e:
    print(e)
child = subprocess.Popen(["sleep", "100"])
child.terminate()
print(child.wait())
try:
    subprocess.run(["sleep", "100"], timeout=0.05)
except subprocess.TimeoutExpired as e:
    print(type(e).__name__)
r, w = os.pipe()
command = "echo hello >&%d" % w
print(subprocess.check_output(["sh", "-c", command], pass_fds=[w]), os.read(r, 10))
print(subprocess.run(["sh", "-c", command], stderr=subprocess.DEVNULL).returncode != 0)
os.set_inheritable(w, True)
print(subprocess.call(["sh", "-c", command], close_fds=False), os.read(r, 10))
print(subprocess.check_output(["sh", "-c", "umask; echo $A"], umask=0o77, env={"A": "b", "PATH": os.environ["PATH"]}))
print(subprocess.Popen(["sh", "-c", "kill -9 $$"]).wait())
both = subprocess.run(["sh", "-c", "echo err >&2; echo out"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
print(both.stdout)
print(os.popen("echo pop").read())
print(subprocess.getstatusoutput("echo a; exit 5"))
with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True) as p:
    print(os.getsid(p.pid) == p.pid)
    print(p.communicate("through\n"))
os.close(0)
print(subprocess.run(["echo", "no stdin"], stdout=subprocess.PIPE).stdout)
