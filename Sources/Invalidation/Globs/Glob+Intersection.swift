// Whether two globs have a key in common; pure, any thread.

extension Glob {
    /// Whether some text matches both globs. Exact; costs at most the product of their lengths.
    package func intersects(_ other: Glob) -> Bool {
        var budget = Int.max
        return mayIntersect(other, budget: &budget)
    }

    /// As `intersects`, but spends at most `budget` steps and takes what they cost off it. A
    /// budget that runs out answers true: who invalidates too much is slow, never wrong.
    func mayIntersect(_ other: Glob, budget: inout Int) -> Bool {
        let (mine, its) = (program, other.program)
        budget -= 1
        guard zip(mine.literalPrefix, its.literalPrefix).allSatisfy({ $0 == $1 }) else {
            return false
        }
        if isLiteral { return mine.literalPrefix.withUnsafeBytes { other.matches($0) } }
        if other.isLiteral { return its.literalPrefix.withUnsafeBytes { matches($0) } }
        return mine.sharesText(with: its, budget: &budget)
    }
}

extension Glob.Program {
    /// Walks both programs at once, behind the literal prefix they share: after `j` elements of
    /// the other, `reached[i]` says whether some text is spelt by them and by the first `i`
    /// elements of this one.
    fileprivate func sharesText(with other: Glob.Program, budget: inout Int) -> Bool {
        let shared = min(prefixElements, other.prefixElements)
        let mine = elements[shared...]
        // Indexed like the elements: what comes before `shared` stays unused.
        var reached = [Bool](repeating: false, count: elements.count + 1)
        var next = reached
        reached[shared] = true
        passRuns(mine, &reached)
        for step in other.elements[shared...] {
            budget -= mine.count + 1
            if budget < 0 { return true }
            if step == .run {
                extendOverRun(mine, &reached)
            } else {
                extend(mine, reached, over: step, of: other, into: &next)
                swap(&reached, &next)
            }
        }
        return reached[elements.count]
    }

    /// The other's `*` spells whatever this one's next elements ask for.
    private func extendOverRun(_ mine: ArraySlice<Glob.Element>, _ reached: inout [Bool]) {
        for i in mine.indices where reached[i] {
            if canSpell(mine[i]) { reached[i + 1] = true }
        }
    }

    /// The other spells exactly one scalar: this one's `*` takes it and stays, or its next
    /// element takes it and is done.
    private func extend(
        _ mine: ArraySlice<Glob.Element>, _ reached: [Bool], over step: Glob.Element,
        of other: Glob.Program, into next: inout [Bool]
    ) {
        for i in next.indices { next[i] = false }
        for i in mine.indices where reached[i] {
            if mine[i] == .run {
                if other.canSpell(step) { next[i] = true }
            } else if overlaps(mine[i], step, of: other) {
                next[i + 1] = true
            }
        }
        passRuns(mine, &next)
    }

    /// This one's `*` may spell nothing.
    private func passRuns(_ mine: ArraySlice<Glob.Element>, _ reached: inout [Bool]) {
        for i in mine.indices where reached[i] && mine[i] == .run {
            reached[i + 1] = true
        }
    }

    /// Whether any scalar fits: a set like `[^\u{0}-\u{10FFFF}]` has none.
    private func canSpell(_ element: Glob.Element) -> Bool {
        if case .set(let index) = element { !sets[index].isEmpty } else { true }
    }

    private func overlaps(
        _ mine: Glob.Element, _ its: Glob.Element, of other: Glob.Program
    ) -> Bool {
        switch (mine, its) {
        case (.scalar(let left), .scalar(let right)): left == right
        case (.scalar(let value), .set(let index)): other.sets[index].contains(value)
        case (.set(let index), .scalar(let value)): sets[index].contains(value)
        case (.set(let left), .set(let right)): sets[left].intersects(other.sets[right])
        case (.any, _): other.canSpell(its)
        case (_, .any): canSpell(mine)
        case (.run, _), (_, .run): false
        }
    }
}
