// Runs of GETs among the commands of a connection; one event loop.

import NIOCore

extension CommandPipeline {
    /// Takes a GET into a run, which becomes the last command where it is not that already.
    @inline(__always)
    mutating func add(
        _ read: ReadRun.Read, to run: ReadRun, stem: UnsafeRawBufferPointer,
        rest: UnsafeRawBufferPointer, now clock: () -> NIODeadline
    ) -> Step {
        let most = RESPWriter.maxReadBytes + stem.count + rest.count
        if let refusal = refusal(bytes: most) { return .refuse(refusal) }
        if openRun !== run { begin(run, now: clock) }
        count += 1
        run.append(read, stem: stem, rest: rest)
        beginGathering()
        let before = gathered.writerIndex
        RESPWriter.writeRead(stem, rest, to: &gathered)
        return added(bytes: gathered.writerIndex - before, read.tryDeadline, isLarge: false)
    }

    private mutating func begin(_ run: ReadRun, now clock: () -> NIODeadline) {
        append(
            UnansweredCommand(completion: nil, deadline: .distantFuture, expected: .reads(run)),
            now: clock)
        run.start(now)
        openRun = run
        if commands.count == 1 { firstRun = run }
    }

    /// The run whose answers come next; nil: the next answer is another command's, or nobody's.
    @inline(__always)
    var answeringRun: ReadRun? { commands.count > unsent ? firstRun : nil }

    /// An answer for `answeringRun` came.
    @inline(__always)
    mutating func noteRead(of run: ReadRun) {
        answered &+= 1
        count -= 1
        if run.missing == 1 { removeFirst() }
    }

    /// Takes the first command out and looks at the next.
    @discardableResult
    mutating func removeFirst() -> UnansweredCommand {
        let first = commands.removeFirst()
        if case .reads(let run) = commands.first?.expected {
            firstRun = run
        } else {
            firstRun = nil
        }
        return first
    }
}
