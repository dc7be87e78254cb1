-- Citations and the bibliography, as Pandoc's own processor makes them. That goes through the whole text several
-- times; here it gets the citations alone. References to figures, tables, sections and formulas are no citations:
-- crossref.lua makes those.

local references = { fig = true, tbl = true, sec = true, eq = true }
local PLACE = "refs" -- the division that the bibliography is put in

local function is_citation(cite)
  return cite.citations:find_if(function(citation)
    return not references[citation.id:match("^(%a+)%-")]
  end) ~= nil
end

local function processed(doc)
  local blocks = pandoc.Blocks({})
  doc:walk({
    Cite = function(cite)
      if is_citation(cite) then
        blocks:insert(pandoc.Para({ cite }))
      end
    end,
  })
  blocks:insert(pandoc.Div({}, pandoc.Attr(PLACE)))
  return pandoc.utils.citeproc(pandoc.Pandoc(blocks, doc.meta)).blocks
end

return {
  {
    Pandoc = function(doc)
      local made, used = processed(doc), 0
      local bibliography, placed = made[#made], false
      doc = doc:walk({
        Cite = function(cite)
          if is_citation(cite) then
            used = used + 1
            return made[used].content
          end
        end,
        Div = function(div)
          if div.identifier == PLACE then
            placed = true
            return bibliography
          end
        end,
      })
      if not placed and #bibliography.content > 0 then
        doc.blocks:insert(bibliography)
      end
      return doc
    end,
  },
}
