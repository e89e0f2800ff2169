// Text in columns; a value.

/// Rows of cells, laid out in columns as wide as their widest cell.
package struct Table {
    private static let gap = "  "

    private var rows: [[String]] = []
    private let leftColumns: Set<Int>

    /// A table whose first row names the columns. Cells are set right, but for `leftColumns`.
    package init(_ header: [String], leftColumns: Set<Int> = [0]) {
        rows = header.isEmpty ? [] : [header]
        self.leftColumns = leftColumns
    }

    /// Adds a row; it may be shorter than the others.
    package mutating func add(_ row: [String]) { rows.append(row) }

    /// The lines, without spaces at their ends.
    package var lines: [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return leftColumns.contains(column) ? cell + padding : padding + cell
            }
            let line = cells.joined(separator: Self.gap)
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
