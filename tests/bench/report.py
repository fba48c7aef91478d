def show(chosen):
    for s in chosen:
        print(s.name, [b.seconds for b in s.boots], s.boots[0].when("Run /init"))
