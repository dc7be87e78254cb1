-- A name from the code, a path or a checksum breaks nowhere, and would leave holes in lines that are filled out: on
-- paper a paragraph that holds one has a ragged edge. Runs on plain Pandoc, in both renderers; tables and captions
-- are ragged as they are.

local function ragged(block)
  local holds = false
  block:walk({ Code = function() holds = true end })
  if holds then
    block.content:insert(1, pandoc.RawInline("typst", "#par(justify: false)["))
    block.content:insert(pandoc.RawInline("typst", "]"))
    return block, false
  end
end

local function left_as_it_is(block)
  return block, false
end

if FORMAT:match("^typst") then
  return { { traverse = "topdown", Para = ragged, Plain = ragged, Table = left_as_it_is, Figure = left_as_it_is } }
end
return {}
