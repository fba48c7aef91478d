from lab import image
S = """#!/bin/sh
busybox mount -t proc proc /proc; busybox mount -t devtmpfs dev /dev
for i in 1 2 3 4; do
echo "<6>line $i of the kernel's log which is somewhat long so that it does not fit" > /dev/kmsg
busybox sleep 2
done
echo direct > /dev/console
busybox sleep 2
busybox reboot -f
"""
def test_root(lab, tmp_path):
    s = tmp_path/"init"; s.write_text(S); s.chmod(0o755)
    vm = lab.boot("", initrd=image.build("6.1", binary=str(s)))
    vm.wait_off()
    a = vm.arrivals
    for i,(o,t) in enumerate(a[-60:]):
        e = a[len(a)-60+i+1][0] if len(a)-60+i+1 < len(a) else None
        print(round(t,3), repr(vm.text[o:e]))
