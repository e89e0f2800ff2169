// Tests who is woken by what in a flight, without tasks.

import Testing

@testable import CacheEngine

@Suite struct FlightStateMachineTests {
    private typealias Machine = FlightStateMachine<String, Int>

    @Test("Everyone who sits is woken by the outcome, and who sits later gets it at once")
    func outcome() {
        var machine = Machine()
        let (first, second, third) = (machine.reserve(), machine.reserve(), machine.reserve())
        guard case .wait = machine.sit("first", on: first) else {
            Issue.record("the first waits")
            return
        }
        _ = machine.sit("second", on: second)
        #expect(machine.complete(7).compactMap(\.self).sorted() == ["first", "second"])
        guard case .resume(7) = machine.sit("third", on: third) else {
            Issue.record("the third has the outcome")
            return
        }
    }

    @Test("The last to leave is told so, whether it sat or not")
    func last() {
        var machine = Machine()
        let (first, second) = (machine.reserve(), machine.reserve())
        _ = machine.sit("first", on: first)
        let left = machine.leave(first)
        #expect(left.waiter == "first" && !left.isLast)
        let lastLeft = machine.leave(second)
        #expect(lastLeft.waiter == nil && lastLeft.isLast)
        guard case .left = machine.sit("second", on: second) else {
            Issue.record("who has left cannot sit")
            return
        }
    }

    @Test("Who stands is told the outcome with the others, and at once if it comes too late")
    func standing() {
        var machine = Machine()
        var (first, late): (String?, String?) = ("first", "late")
        #expect(machine.stand(&first) == nil && first == nil, "it is taken")
        let seat = machine.reserve()
        #expect(!machine.leave(seat).isLast, "somebody stands")
        #expect(machine.complete(7) == ["first"])
        #expect(machine.stand(&late) == 7 && late == "late", "it is given back")
    }

    @Test("A seat serves the next caller, but not while the one that left may still sit down")
    func seats() {
        var machine = Machine()
        let (first, second) = (machine.reserve(), machine.reserve())
        _ = machine.sit("first", on: first)
        #expect(machine.leave(first).waiter == "first")
        _ = machine.leave(second)
        let third = machine.reserve()
        #expect(third == first && machine.reserve() != second)
        guard case .left = machine.sit("second", on: second) else {
            Issue.record("it left")
            return
        }
        #expect(machine.reserve() == second)
        _ = machine.sit("third", on: third)
        #expect(machine.complete(1) == ["third"])
    }

    @Test("Leaving after the outcome is nobody's last leaving")
    func late() {
        var machine = Machine()
        let (first, second) = (machine.reserve(), machine.reserve())
        _ = machine.sit("first", on: first)
        #expect(machine.complete(1) == ["first"])
        #expect(!machine.leave(first).isLast)
        #expect(!machine.leave(second).isLast)
        #expect(machine.leave(first).waiter == nil, "nobody is woken twice")
    }
}
